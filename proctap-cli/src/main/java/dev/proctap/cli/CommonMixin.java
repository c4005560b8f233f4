package dev.proctap.cli;

import picocli.CommandLine.Option;

/** Options of every command. */
final class CommonMixin {

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Print this help and exit.")
    boolean help;

    @Option(names = "--verbose", description = "Tell what happens, and the stack trace of an error.")
    boolean verbose;
}
