/**
 * The figures by which ProcTap is judged. {@code Figures} measures whole processes beside other tools on a private server
 * and prints one table; {@code PcmConverterBenchmark} is a JMH benchmark.
 */
@NullMarked
package dev.proctap.benchmarks;

import org.jspecify.annotations.NullMarked;
