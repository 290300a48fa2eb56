using Microsoft.AspNetCore.Server.Kestrel.Core;
using MQTTnet.AspNetCore;
using Nauha.Format;

namespace Nauha.Central.Wire;

/// <summary>Puts the embedded broker into the application: its port, its guard, and ingest's client beside it.</summary>
internal static class WireSetup
{
    private const int LongestPacket = Part.Longest + Part.HeadBytes + 1_024;

    // An appliance has at most 16 records and 4 parts on their way: this is room for a hundred at once, half of it parts.
    private const int MostWaiting = 2_000;

    public static void AddWire(this IServiceCollection services)
    {
        services.AddHostedMqttServer(mqtt => mqtt.WithoutDefaultEndpoint().WithMaxPendingMessagesPerClient(MostWaiting));
        services.AddMqttConnectionHandler();
        services.AddConnections();
        services.AddHostedService<IngestClient>();
    }

    /// <summary>After TLS: packets of bounded length, then MQTT.</summary>
    public static void UseWire(this ListenOptions listen)
    {
        listen.Use(next => connection =>
        {
            connection.Transport = new PacketLimit(connection.Transport, LongestPacket);
            return next(connection);
        });
        listen.UseMqtt();
    }

    public static void UseWire(this WebApplication app) => app.UseMqttServer(app.Services.GetRequiredService<Broker>().Guard);
}
