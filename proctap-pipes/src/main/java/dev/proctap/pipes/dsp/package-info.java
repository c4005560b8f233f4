/** Fourier transforms, and what filters and analysis share; not exported. */
package dev.proctap.pipes.dsp;
