/**
 * What stands between a backend and the user: the chunk queue, the session that drains it, the statistics, the choice of
 * a backend. No operating system is known here.
 */
package dev.proctap.internal;
