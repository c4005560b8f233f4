package dev.proctap.cli;

import dev.proctap.ProcTapException;
import dev.proctap.cli.Arguments.Value;
import dev.proctap.report.Check;
import dev.proctap.report.Checkup;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.core.JsonGenerator;

/** {@code proctap doctor}. */
final class DoctorCommand {

    private final Arguments arguments = new Arguments("doctor",
            "Tell whether a capture can work on this machine, and what to do where not.", this::call);
    private final Value<Boolean> json = arguments.option("--json", "Print JSON.");
    private final Backend backend = new Backend(arguments);

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() {
        backend.choose(arguments.command());
        PrintWriter out = arguments.command().getOut();
        Checkup checkup = Checkup.ofThisMachine();
        if (json.isGiven()) {
            print(out, checkup);
        } else {
            checkup.checks().forEach(check -> print(out, check));
            out.println();
            out.println(checkup.works() ? "A capture works here." : "No capture works here.");
        }
        out.flush();
        ProcTapException problem = checkup.problem();
        return problem == null ? ExitCode.OK : ExitCode.of(problem);
    }

    private static void print(PrintWriter out, Check check) {
        out.println(String.format(Locale.ROOT, "  %-8s %-22s %s", switch (check.state()) {
            case OK -> "ok";
            case NOTE -> "note";
            case WARNING -> "WARNING";
            case FAILURE -> "FAILED";
        }, check.name(), check.seen()));
        if (!check.advice().isEmpty()) {
            out.println(" ".repeat(34) + check.advice());
        }
    }

    private static void print(PrintWriter out, Checkup checkup) {
        try (JsonGenerator generator = Json.into(out, true)) {
            generator.writeStartObject();
            generator.writeBooleanProperty("works", checkup.works());
            generator.writeArrayPropertyStart("checks");
            for (Check check : checkup.checks()) {
                generator.writeStartObject();
                generator.writeStringProperty("name", check.name());
                generator.writeStringProperty("state", check.state().name().toLowerCase(Locale.ROOT));
                generator.writeStringProperty("seen", check.seen());
                generator.writeStringProperty("advice", check.advice());
                generator.writeEndObject();
            }
            generator.writeEndArray();
            generator.writeEndObject();
        }
        out.println();
    }
}
