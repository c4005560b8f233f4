import org.jspecify.annotations.NullMarked;

/** The proctap command. */
@NullMarked
module dev.proctap.cli {
    requires dev.proctap;
    requires dev.proctap.pipes;
    requires dev.proctap.report;
    requires dev.proctap.testbed;
    requires info.picocli;
    requires jdk.unsupported;
    requires org.jline.terminal;
    requires JTransforms;
    requires static org.jspecify;
    requires tools.jackson.core;
}
