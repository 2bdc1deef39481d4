// The LZF filter of h5py (number 32000), reading only. The format: a byte below 32 is followed by that many
// plus one bytes as they are; any other byte holds the length (3 bits, 7: one more byte is added) and, with the
// byte behind, the distance (13 bits) of bytes to repeat.
#include <hdf5.h>
#include <string.h>

enum { LZF = 32000 };

// unpack returns the bytes written, or 0 when the input is damaged or does not fit.
static size_t unpack(const unsigned char *in, size_t n, unsigned char *out, size_t room) {
	const unsigned char *end = in + n;
	size_t at = 0;
	while (in < end) {
		size_t c = *in++;
		if (c < 32) {
			c++;
			if (c > (size_t)(end - in) || c > room - at) return 0;
			memcpy(out + at, in, c);
			in += c;
			at += c;
			continue;
		}
		size_t len = c >> 5, back = (c & 31) << 8;
		if (len == 7) {
			if (in == end) return 0;
			len += *in++;
		}
		if (in == end) return 0;
		back += (size_t)*in++ + 1;
		len += 2;
		if (back > at || len > room - at) return 0;
		for (; len; len--, at++) out[at] = out[at - back]; // may overlap
	}
	return at;
}

static size_t filter(unsigned flags, size_t n_params, const unsigned params[], size_t n, size_t *size, void **buf) {
	if (!(flags & H5Z_FLAG_REVERSE)) return 0;
	size_t room = n * 100; // three bytes make 264 at most
	if (n_params > 2 && params[2] && params[2] < room) room = params[2];
	unsigned char *out = H5allocate_memory(room ? room : 1, 0);
	if (!out) return 0;
	size_t got = unpack(*buf, n, out, room);
	if (!got) {
		H5free_memory(out);
		return 0;
	}
	H5free_memory(*buf);
	*buf = out;
	*size = room;
	return got;
}

static const H5Z_class2_t lzf = {H5Z_CLASS_T_VERS, LZF, 0, 1, "lzf", NULL, NULL, filter};

void rv_register_lzf(void) { H5Zregister(&lzf); }
