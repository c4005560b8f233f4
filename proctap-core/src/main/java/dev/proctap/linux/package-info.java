/** What is Linux's own and no audio server's: the C library and process trees. */
package dev.proctap.linux;
