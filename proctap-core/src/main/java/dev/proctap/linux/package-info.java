/** What is Linux's own and no audio server's: the C library. */
package dev.proctap.linux;
