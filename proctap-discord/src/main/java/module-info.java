import org.jspecify.annotations.NullMarked;

/** What a program plays, in a voice channel of Discord. */
@NullMarked
module dev.proctap.discord {
    requires transitive dev.proctap;
    requires transitive net.dv8tion.jda;
    requires static org.jspecify;

    exports dev.proctap.discord;
}
