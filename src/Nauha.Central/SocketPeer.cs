using System.Buffers.Binary;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Nauha.Central;

/// <summary>Who is at the other end of a Unix socket, as the kernel says it (unix(7), SO_PEERCRED).</summary>
internal static class SocketPeer
{
    private const int SolSocket = 1;
    private const int PeerCredentials = 17;

    /// <returns>The user id; null where the connection is no Unix socket.</returns>
    public static uint? Uid(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return null;
        Span<byte> credentials = stackalloc byte[12];   // struct ucred: pid, uid, gid, four bytes each
        return socket.GetRawSocketOption(SolSocket, PeerCredentials, credentials) == 12 ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]) : null;
    }
}
