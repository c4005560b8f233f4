/** Messages to an HTTP endpoint that lose nothing while it is away, since they are on disk until it has them. */
package dev.proctap.pipes.webhook;
