/**
 * Starts real audio servers that need no sound card and no desktop, real programs that play on them, and makes the
 * signals they play. Used by the tests, by {@code proctap demo} and by the benchmarks; knows nothing of the library.
 * Every process started here is ended by its own pid when its {@code close} is called, or when the JVM ends.
 */
package dev.proctap.testbed;
