/**
 * What a target means among the programs that play now: processes, their names, their families. The same on every
 * operating system; called by the backends' control threads.
 */
package dev.proctap.selection;
