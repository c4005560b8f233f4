import org.jspecify.annotations.NullMarked;

/** Private, headless audio servers and real programs that play on them. */
@NullMarked
module dev.proctap.testbed {
    requires static org.jspecify;

    exports dev.proctap.testbed;
}
