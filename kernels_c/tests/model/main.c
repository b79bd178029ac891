/* main.c - walks through the protocols; then through mutants of each access to memory, which must all be found out.
 *
 *   check_model            the sources as they are, and each access weakened or left out
 *   check_model mutant     the sources were changed for the worse when this was built: exits 0 when that is found out
 */
#include "../core/check.h"
#include "protocols.h"

#include <time.h>

static const protocol *const groups[] = {ring_protocols, board_protocols, gains_protocols};
enum { GROUPS = sizeof groups / sizeof *groups };

static walk_result result, before;
static uint64_t states;
static double executions;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static const char *walk_protocol(const protocol *p, bool loud)
{
    p->set_up();
    walk(&p->program, &result, loud);
    states += result.states;
    executions += result.executions;
    return result.failure;
}

static void as_they_are(void)
{
    printf("%-45s %10s %10s %8s %6s\n", "", "states", "executions", "outcomes", "s");
    const bool brief = check_quick();
    for (unsigned g = 0; g < GROUPS; g++) {
        for (const protocol *p = groups[g]; p->program.name; p++) {
            if (brief && p->large) continue;
            double began = now_s();
            CHECK(walk_protocol(p, true) == NULL);
            printf("%-45s %10llu %10.4g %8u %6.2f\n", p->program.name, (unsigned long long)result.states, result.executions,
                   result.outcomes, now_s() - began);
            CHECK(result.executions > 0 && result.outcomes > 1);
            if (p->same) {
                CHECK(result.outcomes == before.outcomes);
                CHECK(memcmp(result.outcome, before.outcome, result.outcomes * sizeof *result.outcome) == 0);
            }
            before = result;
        }
    }
}

/* The first protocol that breaks, or NULL. */
static const protocol *broken(void)
{
    for (unsigned g = 0; g < GROUPS; g++)
        for (const protocol *p = groups[g]; p->program.name; p++)
            if (!p->large && walk_protocol(p, false)) return p;
    return NULL;
}

static void found_out(const walk_site *site, const char *how)
{
    const protocol *by = broken();
    printf("  %-18s line %2d, %-5s %-8s %s: %s\n", site->function, site->line, site->kind == WALK_LOAD ? "load" : "store", how,
           by ? by->program.name : "NOT FOUND OUT", by ? result.failure : "");
    CHECK(by);
}

static void mutants(void)
{
    unsigned count, tried = 0;
    walk_site *sites = walk_sites(&count);
    for (unsigned i = 0; i < count; i++) {
        if (sites[i].order != MACHINE_RELAXED) {
            sites[i].relaxed = true;
            found_out(&sites[i], "relaxed");
            sites[i].relaxed = false;
            tried++;
        }
        if (sites[i].kind == WALK_STORE) {
            sites[i].dropped = true;
            found_out(&sites[i], "left out");
            sites[i].dropped = false;
            tried++;
        }
    }
    printf("%u mutants of %u accesses\n", tried, count);
    CHECK(tried > 10);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "mutant") == 0) {
        const protocol *by = broken();
        printf("%s: %s\n", by ? by->program.name : "NOT FOUND OUT", by ? result.failure : "no protocol breaks");
        return by ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    as_they_are();
    mutants();
    printf("%llu states, %.4g executions in all\n", (unsigned long long)states, executions);
    return CHECK_END();
}
