/* padding.c - what the model encoder's frames are made of: a text that is seen at once in any dump. */
#include "rtp/packing.h"

void nenc_padding_fill(uint8_t *into, size_t bytes, size_t offset)
{
    static const char text[] = "nenc-lab padding";
    for (size_t i = 0; i < bytes; i++) into[i] = (uint8_t)text[(offset + i) % (sizeof text - 1)];
}
