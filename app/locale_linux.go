package app

/*
#include <string.h>

extern char **environ;

// Fyne looks up the language while packages are initialised and complains on
// standard error, once per command, of "C.UTF-8", which is what containers and
// remote shells have. Only code that runs before Go's can spare the user that.
__attribute__((constructor)) static void reverie_language(void) {
	static const char *names[] = {"LANG=", "LC_ALL=", "LC_MESSAGES="};
	for (char **e = environ; e && *e; e++)
		for (int i = 0; i < 3; i++) {
			char *value = *e + strlen(names[i]);
			if (!strncmp(*e, names[i], strlen(names[i])) && (!strcmp(value, "C.UTF-8") || !strcmp(value, "C.utf8")))
				strcpy(value, "C");
		}
}
*/
import "C"
