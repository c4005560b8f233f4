/** Speech to text: sound is cut at pauses, recognized by whisper.cpp or a server, and written as text or subtitles. */
package dev.proctap.pipes.speech;
