#include "CScan.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define HARDWARE __attribute__((target("sse4.2,pclmul")))

/// The instruction takes three cycles and can begin anew in each: three streams of so many bytes at a time.
enum { STREAM_BYTES = 1024 };

/// x^(8 * bytes - 33) modulo the polynomial, bits reflected: a product with it, reduced by the instruction,
/// advances a register over that many zero bytes (Gopal et al., "Fast CRC Computation for Generic Polynomials
/// Using PCLMULQDQ Instruction", 2009).
static const uint32_t past_one_stream = 0x170076fa, past_two_streams = 0xa51b6135;

HARDWARE static inline uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

HARDWARE static inline __m128i product(uint64_t state, uint32_t factor) {
    return _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)state), _mm_cvtsi32_si128((int)factor), 0);
}

bool sluis_crc32c_is_supported(void) {
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
}

HARDWARE uint32_t sluis_crc32c(uint32_t state, const uint8_t *bytes, size_t length) {
    uint64_t first = state;
    while (length >= 3 * STREAM_BYTES) {
        uint64_t second = 0, third = 0;
        for (size_t index = 0; index < STREAM_BYTES; index += 8) {
            first = _mm_crc32_u64(first, load(bytes + index));
            second = _mm_crc32_u64(second, load(bytes + STREAM_BYTES + index));
            third = _mm_crc32_u64(third, load(bytes + 2 * STREAM_BYTES + index));
        }
        __m128i both = _mm_xor_si128(product(first, past_two_streams), product(second, past_one_stream));
        first = third ^ _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(both));
        bytes += 3 * STREAM_BYTES;
        length -= 3 * STREAM_BYTES;
    }
    for (; length >= 8; bytes += 8, length -= 8) first = _mm_crc32_u64(first, load(bytes));
    uint32_t last = (uint32_t)first;
    for (; length > 0; bytes += 1, length -= 1) last = _mm_crc32_u8(last, *bytes);
    return last;
}

#else

bool sluis_crc32c_is_supported(void) { return false; }

/// Never called: nothing supports it here.
uint32_t sluis_crc32c(uint32_t state, const uint8_t *bytes, size_t length) {
    (void)bytes;
    (void)length;
    return state;
}

#endif
