package dev.proctap.selection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Control groups as desktops, Flatpak and snapd name them. */
class ApplicationIdsTest {

    @ParameterizedTest
    @CsvSource({
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.mozilla.firefox-4242.scope,"
                    + "org.mozilla.firefox",
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-org.gnome.Music-77.scope,org.gnome.Music",
            "0::/user.slice/user@1000.service/app.slice/app-kde\\x2dapp@1b2c.service,kde-app",
            "0::/app.slice/app-org.kde.elisa.service,org.kde.elisa",
            "0::/user.slice/user@1000.service/app.slice/snap.firefox.firefox-0a1b2c3d-1111-2222-3333-444455556666.scope,"
                    + "firefox",
            "0::/snap.vlc.vlc.service,vlc"})
    void theApplicationIsFound(String line, String id) {
        assertThat(ApplicationIds.ofControlGroup(line)).anyMatch(found -> ApplicationIds.isSame(found, id));
        assertThat(ApplicationIds.isSame(id, id.toUpperCase(java.util.Locale.ROOT) + ".desktop")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0::/user.slice/user-1000.slice/session-2.scope", "0::/system.slice/cron.service", "0::/", "''",
            "0::/app.slice/app-", "0::/app-.scope", "0::/snap."})
    void otherGroupsAreNoApplications(String line) {
        assertThat(ApplicationIds.ofControlGroup(line)).allMatch(String::isEmpty);
    }
}
