/**
 * How well captures run, and why not better. {@link dev.proctap.report.Checkup} looks at a machine without capturing anything.
 */
package dev.proctap.report;
