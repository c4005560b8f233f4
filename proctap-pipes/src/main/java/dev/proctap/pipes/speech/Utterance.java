package dev.proctap.pipes.speech;

/**
 * What was said.
 *
 * @param speaker
 *            the program that it was heard from, empty where there is only one
 * @param startSeconds
 *            from the beginning of the sound
 * @param endSeconds
 *            likewise
 */
public record Utterance(String speaker, double startSeconds, double endSeconds, String text) {}
