/** The few things every native binding needs: raw memory, calls of C functions, callbacks from C. */
package dev.proctap.internal.ffm;
