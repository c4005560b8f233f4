/**
 * What captures have in common, whatever the audio server: the control thread and its life ({@link ServerCapture}), the
 * frames in their order ({@link Timeline}), whose track each stream goes to ({@link Tracks}).
 */
package dev.proctap.capture;
