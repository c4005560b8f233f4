import org.jspecify.annotations.NullMarked;

/** Captures the audio that one program plays, and nothing else. */
@NullMarked
module dev.proctap {
    requires transitive java.desktop;
    requires java.management;
    requires jdk.jfr;
    requires jdk.management;
    requires static org.jspecify;

    exports dev.proctap;
    exports dev.proctap.file;
    exports dev.proctap.monitoring;
    exports dev.proctap.pcm;
}
