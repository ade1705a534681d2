/* Ends a program that finds something else than it should. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                          \
	do {                                                                      \
		if (!(condition)) {                                               \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
			exit(1);                                                  \
		}                                                                 \
	} while (0)

#endif
