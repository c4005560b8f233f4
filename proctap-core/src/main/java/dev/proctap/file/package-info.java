/** Audio files: writing WAV so that it is playable at every moment. One writer belongs to one thread at a time. */
package dev.proctap.file;
