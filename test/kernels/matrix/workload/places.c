/* Places that are found by more than a function's name: notes of usdt probes. */
#include "workload.h"

#ifdef __x86_64__
/* A note as <sys/sdt.h> makes it, for a system that has no such file: the probe's place, its names, where arguments are. */
#define PROBE(provider, name, first, second) \
	__asm__ volatile( \
		"990: nop\n" \
		".pushsection .note.stapsdt, \"\", \"note\"\n" \
		".balign 4\n" \
		".4byte 992f - 991f, 994f - 993f, 3\n" \
		"991: .asciz \"stapsdt\"\n" \
		"992: .balign 4\n" \
		"993: .8byte 990b, 0, 0\n" \
		".asciz \"" #provider "\"\n" \
		".asciz \"" #name "\"\n" \
		".asciz \"-4@%0 -8@%1\"\n" \
		"994: .balign 4\n" \
		".popsection" \
		: \
		: "nor"(first), "nor"(second))
#else
#define PROBE(provider, name, first, second) ((void)(first), (void)(second))
#endif

/* ---- announce: the usdt probe sonde:work 6 times, with -5 and 2^40 */

ACTION(announce) {
	int small = -5;
	long large = 1L << 40;
	for (int i = 0; i < 6; i++) PROBE(sonde, work, small, large);
}
