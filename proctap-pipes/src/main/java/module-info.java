import org.jspecify.annotations.NullMarked;

/** What is done with captured audio. */
@NullMarked
module dev.proctap.pipes {
    requires transitive dev.proctap;
    requires JTransforms;
    requires static org.jspecify;

    exports dev.proctap.pipes;
    exports dev.proctap.pipes.analysis;
    exports dev.proctap.pipes.filter;
}
