using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.EntityFrameworkCore;
using Nauha.Central.Access;
using Nauha.Central.Audit;
using Nauha.Central.Catalogue;
using Nauha.Central.Commands;
using Nauha.Central.Desk;
using Nauha.Central.Fleet;
using Nauha.Central.Ingest;
using Nauha.Central.Keys;
using Nauha.Central.Requests;
using Nauha.Central.Retention;
using Nauha.Central.Storage;
using Nauha.Central.Wire;
using Nauha.Format;

namespace Nauha.Central;

/// <summary>Puts the slices together, in the order in which a recording meets them.</summary>
public static class CentralHost
{
    internal const string AdminMark = "nauha-admin";

    /// <exception cref="CentralException">The store cannot be opened; the message says what to do.</exception>
    public static WebApplication Build(CentralOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        Durable.CreateFolder(options.Data);
        Durable.CreateFolder(Path.Combine(options.Data, "keys"));
        PrepareRun(options);
        var marker = StoreMarker.Open(options.Data, options.Demo, time);
        var audit = AuditLog.Open(options.Data, time);
        var keys = Keystore.Open(options.Data, options.KekPath, audit, time);
        audit.SignWith(keys.Receipts, keys.Fleet, keys.AuditMonth);
        var authority = CertificateAuthority.Open(options.Data, keys.Fleet, time);

        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = typeof(CentralHost).Assembly.GetName().Name });
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error)   // warns that it says no-store, as we do
            .AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement", LogLevel.Error);   // warns that the folder, which is ours alone, holds cookie keys in clear
        var services = builder.Services;
        // Whatever central has said is durable: nobody need wait long for a connection that does not end by itself.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        services.AddSingleton(time).AddSingleton(options).AddSingleton(marker).AddSingleton(audit).AddSingleton<IAuditLog>(audit).AddSingleton(keys).AddSingleton<IKeystore>(keys)
            .AddSingleton(authority).AddSingleton<RunningPorts>().AddSingleton<FirstLink>().AddSingleton<Tries>().AddSingleton(new BlobFolder(options.Data));
        services.AddDbContextFactory<CentralDb>(db => db.UseSqlite($"Data Source={Path.Combine(options.Data, "central.db")}"));
        services.AddSingleton<CallCatalogue>().AddSingleton<Register>().AddSingleton<ExclusionBook>().AddSingleton<RosterBook>().AddSingleton<CommandBook>().AddSingleton<OwnClient>().AddSingleton<Broker>();
        services.AddSingleton<Exclusions>().AddSingleton<Destroyer>().AddSingleton<Holds>().AddSingleton<EarlyDestruction>().AddSingleton<RetentionRun>().AddSingleton<NightWatch>().AddSingleton<Reports>().AddSingleton<Backups>().AddSingleton<AfterRestore>().AddSingleton<RequestBook>().AddSingleton<RequestWatch>().AddSingleton<Ingest.Watch>();
        services.AddSingleton<ReceiptBook>().AddSingleton<Ingest.Intake>();
        services.AddSingleton<Wire.Intake>(s => async (appliance, kind, payload, cancel) => [.. (await s.GetRequiredService<Ingest.Intake>().TakeAsync(appliance, kind, payload, cancel)).Select(r => (r.Kind, r.Payload))]);
        AddPeople(services, options);
        if (!options.SocketOnly)
        {
            services.AddWire();
            services.AddHostedService(s => s.GetRequiredService<NightWatch>()).AddHostedService(s => s.GetRequiredService<Ingest.Watch>()).AddHostedService<BackupRounds>().AddHostedService(s => s.GetRequiredService<RequestWatch>());
        }
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, authority));

        var app = builder.Build();
        using (var db = app.Services.GetRequiredService<IDbContextFactory<CentralDb>>().CreateDbContext()) Schema.Bring(db);
        app.UseDesk();
        app.UseMiddleware<Gate>();
        app.UseAntiforgery();
        if (!options.SocketOnly) app.UseWire();
        app.MapEnrolment();
        app.MapAccess();
        app.MapUsers();
        app.MapAudit();
        app.MapDesk();
        app.MapAdmin();
        app.MapRequests();
        app.MapRetention();
        app.MapExclusions();
        app.MapRoster();
        app.MapBackup();
        app.Lifetime.ApplicationStarted.Register(() => Started(app, options));
        app.Lifetime.ApplicationStopped.Register(() =>
        {
            app.Services.GetRequiredService<Tries>().Dispose();   // has a last word for the log
            audit.Dispose();
            keys.Dispose();
        });
        return app;
    }

    private static void AddPeople(IServiceCollection services, CentralOptions options)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(forgery => (forgery.Cookie.Name, forgery.Cookie.SecurePolicy, forgery.Cookie.SameSite) = ("nauha-form", CookieSecurePolicy.Always, SameSiteMode.Strict));
        services.AddDbContext<CentralDb>(db => db.UseSqlite($"Data Source={Path.Combine(options.Data, "central.db")}"), optionsLifetime: ServiceLifetime.Singleton);
        services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(options.Data, "keys"))).SetApplicationName("nauha-central");
        services.AddIdentityCore<Account>(identity =>
        {
            identity.Password.RequiredLength = 12;
            (identity.Password.RequireDigit, identity.Password.RequireLowercase, identity.Password.RequireUppercase, identity.Password.RequireNonAlphanumeric) = (false, false, false, false);
            identity.Lockout.MaxFailedAccessAttempts = 5;
        }).AddEntityFrameworkStores<CentralDb>();
        services.AddAuthentication(AccessEndpoints.Api).AddBearerToken(AccessEndpoints.Api, token => token.BearerTokenExpiration = TimeSpan.FromHours(8)).AddCookie(CookieAuthenticationDefaults.AuthenticationScheme, cookie =>
        {
            cookie.Cookie.Name = "nauha";
            (cookie.Cookie.HttpOnly, cookie.Cookie.SameSite, cookie.Cookie.SecurePolicy) = (true, SameSiteMode.Strict, CookieSecurePolicy.Always);
            cookie.ExpireTimeSpan = TimeSpan.FromHours(8);
        });
        services.AddScoped<Accounts>().AddScoped<Person>().AddSingleton<CallAudio>().AddSingleton<Listenings>();
    }

    private static void Listen(KestrelServerOptions kestrel, CentralOptions options, CertificateAuthority authority)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = 64 * 1024;   // nobody sends more over HTTP: a reason, a form, a certificate request
        kestrel.ListenUnixSocket(options.Socket, socket => socket.Use(next => connection =>
        {
            connection.Items[AdminMark] = SocketPeer.Uid(connection);
            return next(connection);
        }));
        if (options.SocketOnly) return;
        kestrel.Listen(IPAddress.Parse(options.Bind), options.HttpsPort, https => https.UseHttps(Tls(SslProtocols.Tls12 | SslProtocols.Tls13, needsClient: false)));
        kestrel.Listen(IPAddress.Parse(options.Bind), options.MqttsPort, mqtts =>
        {
            mqtts.UseHttps(Tls(SslProtocols.Tls13, needsClient: true));
            mqtts.UseWire();
        });

        // Asked for at each connection: central runs longer than its certificate lives.
        TlsHandshakeCallbackOptions Tls(SslProtocols protocols, bool needsClient) => new()
        {
            HandshakeTimeout = TimeSpan.FromSeconds(10),
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = authority.Server(options.CertificateNames),
                EnabledSslProtocols = protocols,
                ClientCertificateRequired = true,   // asked for; whether one must come is judged here
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                RemoteCertificateValidationCallback = (_, client, _, _) => client is null ? !needsClient : client is X509Certificate2 shown && authority.IsOurClient(shown),
            }),
        };
    }

    // The socket's folder is ours alone; one that somebody else made with other rights stops the start.
    private static void PrepareRun(CentralOptions options)
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Durable.CreateFolder(options.Run);
        if (File.GetUnixFileMode(options.Run) != own) throw new CentralException($"{options.Run} can be entered by others. Make it yours alone: chmod 700 {options.Run}");
        File.Delete(options.Socket);
    }


    private static void Started(WebApplication app, CentralOptions options)
    {
        if (options.SocketOnly) return;
        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => a.StartsWith("http://unix:", StringComparison.Ordinal) ? 0 : new Uri(a).Port).Where(p => p > 0).ToList();
        var ports = app.Services.GetRequiredService<RunningPorts>();
        (ports.Https, ports.Mqtts) = (bound[0], bound[1]);
        Durable.Replace(Path.Combine(options.Run, "ports.json"), StrictJson.Write(json =>
        {
            json.WriteNumber("https", ports.Https);
            json.WriteNumber("mqtts", ports.Mqtts);
        }));
    }
}
