/* SHA256_Init and friends are deprecated in OpenSSL 3 but are the only way to keep a half-finished
   hash state as a plain value; see Sources/Domain/Documentation.docc/Decisions. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
