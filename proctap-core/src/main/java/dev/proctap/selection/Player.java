package dev.proctap.selection;

/**
 * Who plays a stream, as far as the server knows.
 *
 * @param pid
 *            its process as this machine sees it, 0 where nobody tells, or where it runs on another machine
 * @param program
 *            what the program calls itself
 * @param applicationId
 *            the id that it told the server, empty for none
 */
public record Player(long pid, String program, String applicationId) {}
