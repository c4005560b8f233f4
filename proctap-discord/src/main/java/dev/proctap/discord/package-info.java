/** A tap as the sound that a bot sends into a voice channel, by JDA. */
package dev.proctap.discord;
