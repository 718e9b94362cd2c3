//! The actix-web server of `tenants`.

include!(concat!(env!("OUT_DIR"), "/tenants_2.rs"));

mod tests {
    use std::sync::{Arc, Mutex};

    use actix_web::{test, web};
    use hookseal::actix::{Lookup, test_request};
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::receive::ReceiverCache;

    use super::{Tenant, Tenants, routes};
    use crate::tenants::tests::{OLD, rotation};

    #[actix_web::test]
    async fn a_replaced_secret_is_refused_at_once_however_the_tenant_is_spelled() {
        let tenants = Tenants { secret: Arc::new(Mutex::new(OLD.to_owned())), receivers: ReceiverCache::new(100) };
        let app = actix_web::App::new()
            .app_data(Lookup::<Tenant>::new(tenants.clone()))
            .app_data(web::Data::new(tenants))
            .app_data(web::Data::new(Once::new(MemoryStore::new(100))))
            .configure(routes);
        let app = test::init_service(app).await;
        for (what, request, status) in rotation() {
            let response = test::call_service(&app, test_request(request).to_request()).await;
            assert_eq!(response.status().as_u16(), status.as_u16(), "{what}");
        }
    }
}
