# One image for both programs: the silo by default, the stand-alone gateway by another entry point (docker-compose.yml, deploy/kubernetes).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source

# What decides the restore comes first, so that a change of code does not fetch the packages again.
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY Grains.Interfaces/*.csproj Grains.Interfaces/packages.lock.json Grains.Interfaces/
COPY Grains/*.csproj Grains/packages.lock.json Grains/
COPY Storage/*.csproj Storage/packages.lock.json Storage/
COPY Hub/*.csproj Hub/packages.lock.json Hub/
COPY Gateway.Api/*.csproj Gateway.Api/packages.lock.json Gateway.Api/
COPY Silo/*.csproj Silo/packages.lock.json Silo/
RUN dotnet restore Silo --locked-mode

COPY Grains.Interfaces Grains.Interfaces
COPY Grains Grains
COPY Storage Storage
COPY Hub Hub
COPY Gateway.Api Gateway.Api
COPY Silo Silo
RUN dotnet publish Silo --no-restore -c Release -o /app/silo && dotnet publish Gateway.Api --no-restore -c Release -o /app/gateway

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /app
RUN install -d -o "$APP_UID" /data /secrets
USER $APP_UID
VOLUME /data

# Loopback would be the container's own.
ENV Hub__Bind=0.0.0.0 \
    Hub__HttpsPort=8443 \
    Storage__DataFolder=/data \
    Simulator__Devices=0 \
    Gateway__Bind=0.0.0.0

# HTTPS and device WebSockets, device MQTT, AMQP; silo to silo, grain clients
EXPOSE 8443 8883 5671 11111 30000
ENTRYPOINT ["dotnet", "/app/silo/Muster.Silo.dll"]
