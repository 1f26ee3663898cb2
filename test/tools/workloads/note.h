/* A USDT probe: where it is, its names and where its arguments are, as a note of the file. No semaphore. */
#define NOTE(provider, name, arguments)                                                                                \
  "990: nop\n"                                                                                                         \
  ".pushsection .note.stapsdt,\"\",\"note\"\n"                                                                         \
  ".balign 4\n"                                                                                                        \
  ".4byte 992f-991f, 994f-993f, 3\n"                                                                                   \
  "991: .asciz \"stapsdt\"\n"                                                                                          \
  "992: .balign 4\n"                                                                                                   \
  "993: .8byte 990b, 0, 0\n"                                                                                           \
  ".asciz \"" provider "\"\n"                                                                                          \
  ".asciz \"" name "\"\n"                                                                                              \
  ".asciz \"" arguments "\"\n"                                                                                         \
  "994: .balign 4\n"                                                                                                   \
  ".popsection\n"
