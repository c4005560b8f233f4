/** Binds taps to a registry of meters, for programs that are watched by Prometheus and the like. */
package dev.proctap.micrometer;
