import org.jspecify.annotations.NullMarked;

/** What is done with captured audio. */
@NullMarked
module dev.proctap.pipes {
    requires transitive dev.proctap;
    requires whisper.jni;
    requires java.net.http;
    requires JTransforms;
    requires static org.jspecify;
    requires tools.jackson.databind;

    exports dev.proctap.pipes;
    exports dev.proctap.pipes.analysis;
    exports dev.proctap.pipes.filter;
    exports dev.proctap.pipes.http;
    exports dev.proctap.pipes.llm;
    exports dev.proctap.pipes.mix;
    exports dev.proctap.pipes.speech;
    exports dev.proctap.pipes.webhook;
}
