package dev.proctap.cli;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The options and parameters of one command. They are built one by one, not read from annotations: the reflection over
 * those was a third of the time from the start of the command to the first sample.
 */
final class Arguments {

    final CommandSpec spec;
    private final Value<Boolean> verbose;

    /** A command that does {@code action}; {@code --help} and {@code --verbose} are options of every one. */
    Arguments(String name, String description, Callable<Integer> action) {
        spec = CommandSpec.wrapWithoutInspection(action).name(name);
        spec.usageMessage().description(description);
        spec.addOption(flag("Print this help and exit.", "-h", "--help").usageHelp(true).build());
        verbose = option("--verbose", "Tell what happens, and the stack trace of an error.");
    }

    /** What was given for an option or a parameter, once the command line is read. */
    record Value<T>(ArgSpec argument) {

        @Nullable
        T orNull() {
            return argument.getValue();
        }

        T or(T usual) {
            T given = orNull();
            return given == null ? usual : given;
        }

        boolean isGiven() {
            return orNull() != null;
        }
    }

    /** An option without a value. */
    Value<Boolean> option(String name, String description) {
        return add(flag(description, name));
    }

    /** An option with a value, which {@code label} stands for in the help. */
    <T> Value<T> option(String name, String label, Class<T> type, String description) {
        return option(List.of(name), label, type, description);
    }

    /** The same, under several names. */
    <T> Value<T> option(List<String> names, String label, Class<T> type, String description) {
        return add(OptionSpec.builder(names.toArray(String[]::new)).paramLabel(label).type(type)
                .description(description));
    }

    /** An option without a value, under several names. */
    Value<Boolean> option(List<String> names, String description) {
        return add(OptionSpec.builder(names.toArray(String[]::new)).type(boolean.class).arity("0")
                .description(description));
    }

    /** The same, where the value is read by {@code converter}. */
    <T> Value<T> option(String name, String label, Class<T> type, ITypeConverter<T> converter, String description) {
        return add(
                OptionSpec.builder(name).paramLabel(label).type(type).converters(converter).description(description));
    }

    /** An option with a value that may be given several times. */
    <T> Value<List<T>> options(String name, String label, Class<T> type, String description) {
        return add(OptionSpec.builder(name).paramLabel(label).type(List.class).auxiliaryTypes(type)
                .description(description));
    }

    /** The same, where each value is read by {@code converter}. */
    <T> Value<List<T>> options(String name, String label, Class<T> type, ITypeConverter<T> converter,
            String description) {
        return add(OptionSpec.builder(name).paramLabel(label).type(List.class).auxiliaryTypes(type)
                .converters(converter).description(description));
    }

    /** A parameter that must be given, the next in order. */
    Value<String> parameter(String label, String description) {
        return parameter(label, true, description);
    }

    /** A parameter that may be left out. */
    Value<String> optionalParameter(String label, String description) {
        return parameter(label, false, description);
    }

    private Value<String> parameter(String label, boolean required, String description) {
        PositionalParamSpec parameter = PositionalParamSpec.builder()
                .index(Integer.toString(spec.positionalParameters().size())).required(required)
                .arity(required ? "1" : "0..1").paramLabel(label)
                .type(String.class).description(description).build();
        spec.addPositional(parameter);
        return new Value<>(parameter);
    }

    boolean verbose() {
        return verbose.isGiven();
    }

    CommandLine command() {
        return spec.commandLine();
    }

    /** An option that prints the version and ends. */
    void version(CommandLine.IVersionProvider version) {
        spec.versionProvider(version);
        spec.addOption(flag("Print the version and exit.", "-V", "--version").versionHelp(true).build());
    }

    private <T> Value<T> add(OptionSpec.Builder builder) {
        OptionSpec option = builder.build();
        spec.addOption(option);
        return new Value<>(option);
    }

    private static OptionSpec.Builder flag(String description, String... names) {
        return OptionSpec.builder(names[0], Arrays.copyOfRange(names, 1, names.length)).type(boolean.class)
                .arity("0").description(description);
    }
}
