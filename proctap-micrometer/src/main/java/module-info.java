import org.jspecify.annotations.NullMarked;

/** The statistics of taps as meters of Micrometer. */
@NullMarked
module dev.proctap.micrometer {
    requires transitive dev.proctap;
    requires transitive micrometer.core;
    requires static org.jspecify;

    exports dev.proctap.micrometer;
}
