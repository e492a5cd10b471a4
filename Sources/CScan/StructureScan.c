#include "CScan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/// Which of 64 bytes are what, bit k for byte k.
struct block {
    uint64_t quote, comma, newline, carriage_return, nul, high;
};

/// A scan on its way: all but the instructions that look at bytes.
struct run {
    struct sluis_scan_result result;
    uint32_t *marks;
    size_t capacity;
    /// All ones inside quotes, else 0.
    uint64_t in_quotes;
    /// Bit 0: what the byte before the block was.
    uint64_t after_mark, after_closing, after_return;
};

/// Bit k of the result is the parity of bits 0 to k.
INLINE uint64_t prefix_parity(uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

/// Writes the places of the bits. With room for 64 it always writes eight at once, so that hardly a branch
/// depends on how many there are; those too many are written over or not counted.
INLINE void emit(struct run *run, uint64_t marks) {
    uint32_t base = (uint32_t)run->result.consumed;
    uint32_t *out = run->marks + run->result.count;
    size_t count = (size_t)__builtin_popcountll(marks);
    if (__builtin_expect(run->capacity - run->result.count >= 64, 1)) {
        for (size_t done = 0; done < count; done += 8) {
            for (size_t index = done; index < done + 8; index += 1, marks &= marks - 1) {
                out[index] = base + (uint32_t)__builtin_ctzll(marks | 1ull << 63);
            }
        }
    } else {
        for (; marks; marks &= marks - 1) *out++ = base + (uint32_t)__builtin_ctzll(marks);
    }
    run->result.count += count;
}

/// The same where some are inside quotes.
INLINE void emit_flagged(struct run *run, uint64_t marks, uint64_t inside) {
    uint32_t base = (uint32_t)run->result.consumed;
    for (uint64_t all = marks | inside; all; all &= all - 1) {
        uint32_t flag = inside & all & -all ? SLUIS_MARK_INSIDE : 0;
        run->marks[run->result.count++] = (base + (uint32_t)__builtin_ctzll(all)) | flag;
    }
}

/// Takes a block of `length` bytes, 1 to 64. False: the scan ends before its end.
INLINE bool take(struct run *run, struct block block, unsigned length) {
    uint64_t inside = run->in_quotes;
    if (block.quote) inside ^= prefix_parity(block.quote);
    uint64_t opening = block.quote & inside, closing = block.quote & ~inside;
    uint64_t ends = block.comma | block.newline;
    uint64_t marks = ends & ~inside, returns = block.carriage_return & ~inside;
    uint64_t after_mark = marks << 1 | run->after_mark;
    uint64_t after_closing = closing << 1 | run->after_closing;
    uint64_t after_return = returns << 1 | run->after_return;

    uint64_t odd = block.nul | (opening & ~(after_mark | after_closing)) |
                   (after_closing & ~(ends | block.carriage_return | block.quote)) |
                   (after_return & ~block.newline);
    uint64_t kept = ~0ull >> (64 - length);
    odd &= kept;
    if (__builtin_expect(odd != 0, 0)) kept = (odd & -odd) - 1;
    uint64_t special = ((opening & after_closing) | (block.newline & inside)) & kept;
    marks &= kept;
    size_t needed = (size_t)__builtin_popcountll(marks | special);
    if (__builtin_expect(needed > run->capacity - run->result.count, 0)) return false;

    if (__builtin_expect(special != 0, 0)) {
        emit_flagged(run, marks, special);
    } else {
        emit(run, marks);
    }
    run->result.has_high_bytes |= (block.high & kept) != 0;
    if (__builtin_expect(odd != 0, 0)) {
        run->result.consumed += (size_t)__builtin_ctzll(odd);
        run->result.has_anomaly = true;
        return false;
    }
    run->result.consumed += length;
    unsigned last = length - 1;
    run->in_quotes = 0 - (inside >> last & 1);
    run->after_mark = marks >> last & 1;
    run->after_closing = closing >> last & 1;
    run->after_return = returns >> last & 1;
    return true;
}

/// Byte by byte, for machines without a variant of their own.
INLINE struct block look_portable(const uint8_t *bytes) {
    struct block block = {0};
    for (int index = 0; index < 64; index += 1) {
        uint64_t byte = bytes[index];
        block.high |= byte >> 7 << index;
        if (byte > ',') continue;
        block.quote |= (uint64_t)(byte == '"') << index;
        block.comma |= (uint64_t)(byte == ',') << index;
        block.newline |= (uint64_t)(byte == '\n') << index;
        block.carriage_return |= (uint64_t)(byte == '\r') << index;
        block.nul |= (uint64_t)(byte == 0) << index;
    }
    return block;
}

/// Defines the scan of one variant. The last bytes are looked at in a copy with room for 64.
#define SCAN(name, look, attributes)                                                                        \
    attributes static void name(struct run *run, const uint8_t *bytes, size_t length) {                     \
        struct run local = *run;                                                                            \
        bool goes_on = true;                                                                                \
        while (goes_on && length - local.result.consumed >= 64) {                                           \
            goes_on = take(&local, look(bytes + local.result.consumed), 64);                                \
        }                                                                                                   \
        size_t rest = length - local.result.consumed;                                                       \
        if (goes_on && rest > 0) {                                                                          \
            uint8_t copy[64];                                                                               \
            memset(copy, 'x', sizeof copy);                                                                 \
            memcpy(copy, bytes + local.result.consumed, rest);                                              \
            take(&local, look(copy), (unsigned)rest);                                                       \
        }                                                                                                   \
        *run = local;                                                                                       \
    }

SCAN(scan_portable, look_portable, )

#if defined(__x86_64__)

#define TARGET(features) __attribute__((target(features)))

INLINE uint64_t equal_sse2(const __m128i lanes[4], char value) {
    uint64_t bits = 0;
    for (int index = 0; index < 4; index += 1) {
        __m128i equal = _mm_cmpeq_epi8(lanes[index], _mm_set1_epi8(value));
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(equal) << (16 * index);
    }
    return bits;
}

INLINE struct block look_sse2(const uint8_t *bytes) {
    __m128i lanes[4];
    uint64_t high = 0;
    for (int index = 0; index < 4; index += 1) {
        lanes[index] = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * index));
        high |= (uint64_t)(uint16_t)_mm_movemask_epi8(lanes[index]) << (16 * index);
    }
    return (struct block){
        .quote = equal_sse2(lanes, '"'), .comma = equal_sse2(lanes, ','), .newline = equal_sse2(lanes, '\n'),
        .carriage_return = equal_sse2(lanes, '\r'), .nul = equal_sse2(lanes, 0), .high = high,
    };
}

SCAN(scan_sse2, look_sse2, )

INLINE TARGET("avx2") uint64_t bits_avx2(__m256i low, __m256i high) {
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

INLINE TARGET("avx2") uint64_t equal_avx2(__m256i low, __m256i high, char value) {
    __m256i pattern = _mm256_set1_epi8(value);
    return bits_avx2(_mm256_cmpeq_epi8(low, pattern), _mm256_cmpeq_epi8(high, pattern));
}

INLINE TARGET("avx2") struct block look_avx2(const uint8_t *bytes) {
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    return (struct block){
        .quote = equal_avx2(low, high, '"'), .comma = equal_avx2(low, high, ','),
        .newline = equal_avx2(low, high, '\n'), .carriage_return = equal_avx2(low, high, '\r'),
        .nul = equal_avx2(low, high, 0), .high = bits_avx2(low, high),
    };
}

SCAN(scan_avx2, look_avx2, TARGET("avx2,bmi,popcnt"))

#define FEATURES_512 "avx512f,avx512bw,avx512vl,bmi,popcnt"

INLINE TARGET("avx512f,avx512bw") uint64_t equal_avx512(__m512i bytes, char value) {
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(value));
}

INLINE TARGET("avx512f,avx512bw") struct block look_avx512(const uint8_t *bytes) {
    __m512i lanes = _mm512_loadu_si512(bytes);
    return (struct block){
        .quote = equal_avx512(lanes, '"'), .comma = equal_avx512(lanes, ','),
        .newline = equal_avx512(lanes, '\n'), .carriage_return = equal_avx512(lanes, '\r'),
        .nul = equal_avx512(lanes, 0), .high = _mm512_movepi8_mask(lanes),
    };
}

SCAN(scan_avx512, look_avx512, TARGET(FEATURES_512))

#endif

int sluis_scan_best_variant(void) {
#if defined(__x86_64__)
    bool has_bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
    if (has_bits && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        return SLUIS_SCAN_AVX512;
    }
    return has_bits && __builtin_cpu_supports("avx2") ? SLUIS_SCAN_AVX2 : SLUIS_SCAN_SSE2;
#else
    return SLUIS_SCAN_PORTABLE;
#endif
}

struct sluis_scan_result sluis_scan_structure(
    const uint8_t *bytes, size_t length, struct sluis_scan_state *state, uint32_t *marks, size_t capacity,
    int variant) {
    struct run run = {
        .marks = marks, .capacity = capacity, .in_quotes = 0 - (uint64_t)(state->in_quotes & 1),
        .after_mark = state->after == SLUIS_AFTER_MARK, .after_closing = state->after == SLUIS_AFTER_CLOSING,
        .after_return = state->after == SLUIS_AFTER_RETURN,
    };
    int best = sluis_scan_best_variant();
    switch (variant < best ? variant : best) {
#if defined(__x86_64__)
    case SLUIS_SCAN_AVX512: scan_avx512(&run, bytes, length); break;
    case SLUIS_SCAN_AVX2: scan_avx2(&run, bytes, length); break;
    case SLUIS_SCAN_SSE2: scan_sse2(&run, bytes, length); break;
#endif
    default: scan_portable(&run, bytes, length); break;
    }
    if (run.result.has_anomaly) {
        *state = (struct sluis_scan_state){.in_quotes = 0, .after = SLUIS_AFTER_MARK};
    } else {
        state->in_quotes = (uint8_t)(run.in_quotes & 1);
        state->after = run.after_mark      ? SLUIS_AFTER_MARK
                       : run.after_closing ? SLUIS_AFTER_CLOSING
                       : run.after_return  ? SLUIS_AFTER_RETURN
                                           : SLUIS_AFTER_TEXT;
    }
    return run.result;
}
