/** A microphone beside what a program plays: captured, kept in step although it has a clock of its own, and mixed. */
package dev.proctap.pipes.mix;
