#include <sqlite3.h>

/* Has no allocation counted; for Swift, which cannot call functions that take any number of arguments. */
static inline int chat_tokens_sqlite_count_no_memory(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
