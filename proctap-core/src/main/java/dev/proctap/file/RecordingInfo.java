package dev.proctap.file;

import java.time.Instant;

/**
 * What a file tells of its recording.
 *
 * @param program
 *            name of the program that played
 * @param pid
 *            its process id, 0 where it is not one process
 * @param start
 *            when the first frame was captured
 */
public record RecordingInfo(String program, long pid, Instant start) {}
