/**
 * Taps in the eyes of tools that watch a JVM: {@link dev.proctap.monitoring.TapMonitor} makes one a bean of JMX. What goes to
 * JDK Flight Recorder needs no asking: the events {@code dev.proctap.*} are there whenever it runs.
 */
package dev.proctap.monitoring;
