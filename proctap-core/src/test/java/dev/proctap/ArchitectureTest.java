package dev.proctap;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Dependencies point one way: the public API uses what is inside, backends know the SPI, and never each other. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("dev.proctap");
    private static final String[] BACKENDS = {"dev.proctap.linux..", "dev.proctap.windows..", "dev.proctap.macos.."};

    @Test
    void theLibraryNeedsTheJdkAlone() {
        classes().that().resideInAPackage("dev.proctap..").and().resideOutsideOfPackage("dev.proctap.testbed..")
                .should().onlyDependOnClassesThat()
                .resideInAnyPackage("dev.proctap..", "java..", "javax.sound..", "javax.management..", "jdk.jfr..",
                        "com.sun.management..",
                        "org.jspecify..")
                .andShould().onlyDependOnClassesThat().resideOutsideOfPackage("dev.proctap.testbed..").check(CLASSES);
    }

    @Test
    void pcmKnowsNothingElse() {
        noClasses().that().resideInAPackage("dev.proctap.pcm..").should().dependOnClassesThat()
                .resideInAnyPackage("dev.proctap", "dev.proctap.file..", "dev.proctap.spi..",
                        "dev.proctap.internal..", "dev.proctap.capture..", "dev.proctap.selection..",
                        "dev.proctap.linux..", "dev.proctap.windows..", "dev.proctap.macos..")
                .check(CLASSES);
    }

    @Test
    void filesKnowPcmAlone() {
        noClasses().that().resideInAPackage("dev.proctap.file..").should().dependOnClassesThat()
                .resideInAnyPackage("dev.proctap", "dev.proctap.spi..", "dev.proctap.internal..",
                        "dev.proctap.capture..", "dev.proctap.selection..", "dev.proctap.linux..",
                        "dev.proctap.windows..", "dev.proctap.macos..")
                .check(CLASSES);
    }

    @Test
    void onlyTheChoiceOfABackendKnowsBackends() {
        noClasses().that().resideOutsideOfPackages(BACKENDS)
                .and().doNotHaveFullyQualifiedName("dev.proctap.internal.Backends").should().dependOnClassesThat()
                .resideInAnyPackage(BACKENDS).check(CLASSES);
    }

    @Test
    void backendsKnowNeitherTheTapNorEachOther() {
        noClasses().that().resideInAnyPackage(BACKENDS).should().dependOnClassesThat()
                .haveFullyQualifiedName("dev.proctap.ProcessAudioTap").orShould().dependOnClassesThat()
                .resideInAPackage("dev.proctap.internal").check(CLASSES);
        slices().matching("dev.proctap.linux.(*)..").should().notDependOnEachOther().check(CLASSES);
        slices().matching("dev.proctap.(linux|windows|macos)..").should().notDependOnEachOther().check(CLASSES);
    }

    @Test
    void nativeCallsStayInTheirPlace() {
        noClasses().that().resideOutsideOfPackages("dev.proctap.linux..", "dev.proctap.generated..",
                "dev.proctap.macos..", "dev.proctap.internal.ffm..", "dev.proctap.testbed..").should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker").check(CLASSES);
        noClasses().that().resideOutsideOfPackages("dev.proctap.windows..", "dev.proctap.generated..").should()
                .dependOnClassesThat().resideInAPackage("dev.proctap.generated..").check(CLASSES);
    }
}
