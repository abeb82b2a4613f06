/* What the dynamic linker has loaded.

   <link.h> declares it with GNU extensions only, which would change what other headers declare; so it is declared here,
   as dl_iterate_phdr(3) has it, and where nobody else sees it. */
#ifdef __linux__
#include <elf.h>
#include <stddef.h>

struct chat_tokens_object {
    Elf64_Addr address;
    const char *name;
    const Elf64_Phdr *segments;
    Elf64_Half segment_count;
};

static inline void chat_tokens_each_object(int (*visit)(struct chat_tokens_object *, size_t, void *)) {
    extern int dl_iterate_phdr(int (*)(struct chat_tokens_object *, size_t, void *), void *);
    dl_iterate_phdr(visit, NULL);
}
#endif
