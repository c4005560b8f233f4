package dev.proctap.discord;

import dev.proctap.AudioTarget;
import net.dv8tion.jda.api.JDA;
import net.dv8tion.jda.api.JDABuilder;
import net.dv8tion.jda.api.entities.Guild;
import net.dv8tion.jda.api.entities.channel.concrete.VoiceChannel;
import net.dv8tion.jda.api.managers.AudioManager;

/** A bot that plays what mpv plays into a voice channel: {@code DISCORD_TOKEN=... java ExampleBot GUILD CHANNEL}. */
final class ExampleBot {

    private ExampleBot() {}

    public static void main(String[] arguments) throws InterruptedException {
        JDA jda = JDABuilder.createDefault(System.getenv("DISCORD_TOKEN")).build().awaitReady();
        Guild guild = jda.getGuildById(arguments[0]);
        VoiceChannel channel = jda.getVoiceChannelById(arguments[1]);
        if (guild == null || channel == null) {
            throw new IllegalArgumentException("the bot is in no such server, or it has no such voice channel");
        }
        try (TapSendHandler handler = TapSendHandler.of(AudioTarget.name("mpv"))) {
            AudioManager audio = guild.getAudioManager();
            audio.setSendingHandler(handler);
            audio.openAudioConnection(channel);
            System.out.println("playing; Enter ends");
            new java.util.Scanner(System.in, java.nio.charset.StandardCharsets.UTF_8).nextLine();
            audio.closeAudioConnection();
        }
        jda.shutdown();
    }
}
