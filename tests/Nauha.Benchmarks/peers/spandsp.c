/* spandsp's receivers as a program: what each file holds, one line a file.
   spandsp dtmf|v23|bell202 FILE...    (raw, 8 kHz, mono, 16 bit) */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <spandsp.h>

enum { BLOCK = 160 };

static void message(void *unused, const uint8_t *bytes, int count)
{
    (void) unused;
    for (int i = 0; i < count; i++) printf("%02x", bytes[i]);
    putchar(' ');
}

static void digits(void *unused, const char *keys, int count)
{
    (void) unused;
    printf("%.*s", count, keys);
}

int main(int argc, char *argv[])
{
    if (argc < 2) return 2;
    const int dtmf = strcmp(argv[1], "dtmf") == 0;
    const int standard = strcmp(argv[1], "v23") == 0 ? ADSI_STANDARD_CLIP : ADSI_STANDARD_CLASS;
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) { perror(argv[i]); return 3; }
        dtmf_rx_state_t *keys = dtmf ? dtmf_rx_init(NULL, digits, NULL) : NULL;
        adsi_rx_state_t *caller = dtmf ? NULL : adsi_rx_init(NULL, standard, message, NULL);
        int16_t block[BLOCK];
        size_t count;
        while ((count = fread(block, sizeof(int16_t), BLOCK, file)) > 0) {
            if (dtmf) dtmf_rx(keys, block, (int) count);
            else adsi_rx(caller, block, (int) count);
        }
        fclose(file);
        if (dtmf) dtmf_rx_free(keys);
        else adsi_rx_free(caller);
        putchar('\n');
    }
    return 0;
}
