/* What the dynamic linker has loaded; Swift's module of the C library leaves it out. */
#ifdef __linux__
#define _GNU_SOURCE 1
#include <link.h>
#endif
