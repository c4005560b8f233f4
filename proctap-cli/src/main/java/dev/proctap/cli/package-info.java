/**
 * The {@code proctap} command: one class per command, options they share as mixins, exit codes as constants. Everything a
 * program could want as well is in the library; here is only what a terminal needs.
 */
package dev.proctap.cli;
