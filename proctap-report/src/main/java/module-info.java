import org.jspecify.annotations.NullMarked;

/** Measures a tap, finds what is wrong with it and with the machine, and writes a report. */
@NullMarked
module dev.proctap.report {
    requires transitive dev.proctap;
    requires java.management;
    requires jdk.jfr;
    requires java.desktop;
    requires jdk.management;
    requires org.knowm.xchart;
    requires static org.jspecify;
    requires tools.jackson.core;

    exports dev.proctap.report;
}
