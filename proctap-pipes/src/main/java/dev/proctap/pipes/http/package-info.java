/** Requests to servers that may be slow, busy, away or wrong: time-outs, retries, and errors that say what to do. */
package dev.proctap.pipes.http;
