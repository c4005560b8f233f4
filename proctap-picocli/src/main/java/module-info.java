/** Command line parsing. */
module info.picocli {
    requires static java.sql;

    exports picocli;
}
